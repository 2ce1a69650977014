"""GraphQL of the stand-in: ``running`` holds a document against GitHub's schema, the others resolve what it asks for."""
