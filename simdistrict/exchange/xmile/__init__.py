"""XMILE, the XML form of stock-and-flow models: files of Stella, Vensim and others, both ways."""
