//! The small Notion: its state and the HTTP server in front of it.
