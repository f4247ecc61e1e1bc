"""Workers on a Ray cluster: the access token, actors, nodes, placement and checks."""
