"""What is told of the releases that a proposal moves between: dates, links, licenses, publishers. Nothing is decided here."""
