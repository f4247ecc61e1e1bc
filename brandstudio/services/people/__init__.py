"""People: accounts and roles, the ways in (password, link, provider, token), and sessions."""
