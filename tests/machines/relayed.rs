//! What is said on the machine that follows reaches the one that leads.
