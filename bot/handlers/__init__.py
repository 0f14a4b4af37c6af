"""What managers say and press. A handler reads the update, calls one use-case and names one view."""
