"""What is drawn: views over plain data. They know neither sockets nor SQL; import each from its own module.

Text
    ``safe``           safe_text, safe_lines -> str; safe -> rich Text; safe_content, safe_content_lines -> Content;
                       cut, fit, wrap by cells
    ``safe_input``     SafeInput, SafeTextArea: like Textual's, for values that may hold anything
    ``format``         power(W), energy(Wh), energy_exact, current, voltage, percent, bytes_, byte_rate, rate, age, duration,
                       skew, latency, clock(ns), date_clock(ns), thousands
    ``tone``           tones (ok busy warn bad idle muted accent); tone_style -> Content style; status_glyph, status_text,
                       status_content, link_glyph, verdict_glyph
    ``spark``          sparkline(values, width), bar(share, width, label=)

Live rows
    ``columns``        Column(key, title, width, min_width, max_width, align, weight, priority, sortable); Cell(text, style);
                       a cell is str, Cell, [Cell, …] or None; lay_out
    ``line_view``      LineView: the base; cursor, header, scrolling, styles
    ``line_table``     LineTable(columns, getter, version=, sort_value=, markable=, empty=): set_rows(keys, changed=), pull,
                       touch, sort_by, toggle_sort, select_key, set_marks; cursor_key, marks, keys, sort;
                       posts Selected, Highlighted, MarksChanged, SortChanged (each .table, .key)
    ``line_log``       LineLog(columns, cells, source=, ring_rows=, page_rows=, empty=): append, extend, replace, clear,
                       load, skipped, follow, stop_following, following, new_rows, row_of, select_key;
                       posts Selected(.log_view, .key); LogSource: before, after
    ``json_tree``      FrameView(mode=): set_frame(raw, marks, column=), set_mode; Mark(path, message, tone);
                       posts ModeChanged

Lines to type in
    ``completion``     Completion(text, meta, start), Completer, History, complete_with
    ``filter_line``    FilterLine(check, completer, title=, hint=, history=): open, close, filter_text, error;
                       posts Filtered(.line, .text), Closed
    ``command_line``   CommandLine(completer, history=): open, close, show_error, set_completer;
                       posts Submitted(.line, .text), Closed

The frame and the rest
    ``bar_line``       BarLine, Part: one line of parts that fold away
    ``header``         HeaderBar.set_state(HeaderState), SectionBar.set_sections(sections, current, crumbs),
                       BannerLine.set_banner(sentence, tone), KeyBar.set_hints(hints, live=);
                       posts HeaderBar.Pressed(.target), SectionBar.Picked(.key), SectionBar.CrumbPicked(.target),
                       KeyBar.Pressed(.hint)
    ``card``           ConnectorCard.set_state(CardState)
    ``power_chart``    PowerChart.set_samples([Sample(seconds, watts)], limit_w=)
    ``qr``             qr_lines(text), QrScreen(text, note)
"""
