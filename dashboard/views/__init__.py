"""One render function a screen."""
