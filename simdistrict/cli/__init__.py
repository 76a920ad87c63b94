"""The command line: parse, call, print, exit code. The only door to click."""
