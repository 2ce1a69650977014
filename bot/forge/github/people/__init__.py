"""What GitHub is asked on behalf of people who sign in: tokens for their codes, and what they may see."""
