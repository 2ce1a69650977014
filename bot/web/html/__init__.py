"""What all pages for people share: templates, the layout, the one stylesheet, and the headers that keep pages harmless.

Comes in: a template's name and values. Goes out: a response. Text of strangers is escaped by the templates, and what gets
past them would run into a content policy that knows no inline script or style.
"""
