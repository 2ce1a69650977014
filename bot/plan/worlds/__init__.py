"""What of a lock holds where, and which requirements of one package are told apart on purpose."""
