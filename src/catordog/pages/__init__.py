"""What pages that open offline are made of; needs the `explore` extra."""
