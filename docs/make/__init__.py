"""Makes the source of the site in `build/docs`: copied and generated pages."""
