"""Sessions over HTTP for programs: requests below ``/api/v1`` in, annotations, masks and exports out."""
