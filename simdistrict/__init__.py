"""simdistrict: value-chain regime shifts as stock-and-flow models."""
