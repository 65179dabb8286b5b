"""The folder that a customer edits: loaded, checked, and turned into plain values."""
