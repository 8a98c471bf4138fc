"""What every module stands on: actor and access, audit, vault, calendar, notices, documents, places, modules."""
