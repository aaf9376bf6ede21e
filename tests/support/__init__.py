"""What several tests share: projects, servers, clusters, oracles, and how work is counted."""
