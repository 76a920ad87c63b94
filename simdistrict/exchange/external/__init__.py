"""Numbers and labels of a model from spreadsheets and delimited text in its folder."""
