//! The small GitHub: its state and the HTTP server in front of it.
