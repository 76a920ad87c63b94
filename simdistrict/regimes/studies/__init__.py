"""Studies of regimes, one class each; `register` finds them by command and by result file."""
