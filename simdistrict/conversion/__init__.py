"""Files of one format as files of another: models, changes, series. The work of `convert`."""
