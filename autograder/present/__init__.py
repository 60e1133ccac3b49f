"""Results shown to a person: cards as text and HTML, tables."""
