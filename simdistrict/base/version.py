"""The version, as a literal: read by the build, the command line and every result file."""

VERSION = "0.1.0"
