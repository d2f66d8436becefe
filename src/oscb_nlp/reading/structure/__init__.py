"""Lines to blocks, tables, passages and items: what a reader sees on the page."""
