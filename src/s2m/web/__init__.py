"""The page and its server: HTTP and WebSocket on one side, the annotation session and the segmenter on the other."""
