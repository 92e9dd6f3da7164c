"""A widget that always learns its size.

Textual sends Resize to widgets that a layout shows for the first time, and takes those for known whose place somebody
has looked up since they were mounted; asking a new widget for its ``size`` is such a look. It would then keep what it
made for no size at all, such as the columns of a table, until the terminal is resized.
"""

from __future__ import annotations

from textual import events
from textual.geometry import Size
from textual.widget import Widget


class Sized(Widget):
    """Stands before the Textual class among the bases: every change of size is followed by a Resize."""

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if changed:
            # One that Textual sends as well takes the place of this one in the queue.
            self.post_message(events.Resize(size, virtual_size, container_size))
        return changed
