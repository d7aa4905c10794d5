"""Files in, arrays and strokes out, and back: photographs, label maps, stroke files, scribble pictures, exports."""
