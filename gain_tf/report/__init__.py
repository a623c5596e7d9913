"""What a person looks at after a run: pictures, a table, one page."""
