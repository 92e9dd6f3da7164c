"""The light theme. Textual's own has an orange for warnings that nobody can read on grey, least of all in the sun."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DARK: Final = "textual-dark"
LIGHT: Final = Theme(
    name="chargehand-light",
    primary="#004578",
    secondary="#0B5CAD",
    accent="#7A3E00",
    warning="#8F4A00",
    error="#A8112B",
    success="#17692F",
    foreground="#141414",
    surface="#E9E9E6",
    panel="#DCDCD8",
    background="#F6F6F3",
    dark=False,
    variables={
        # Words are darker than areas: at least 4.5 to 1 on each of the three grounds above.
        "text-primary": "#003C69",
        "text-accent": "#7A3E00",
        "text-warning": "#854400",
        "text-error": "#A8112B",
        "text-success": "#14602A",
        "text-muted": "#4A4A4A",
        "footer-key-foreground": "#0B5CAD",
        "block-cursor-background": "#004578",
        "block-cursor-foreground": "#FFFFFF",
    },
)
