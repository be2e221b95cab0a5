"""Pages for people: what a model finds in a data set, as one HTML file to read and to send."""
