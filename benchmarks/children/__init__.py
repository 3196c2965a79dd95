"""What some measurements do in a process of their own; each is run by ``python -m`` and answers with JSON."""
