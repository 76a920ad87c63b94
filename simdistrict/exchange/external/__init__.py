"""Numbers and labels of a model that stand in spreadsheets and delimited text beside it."""
