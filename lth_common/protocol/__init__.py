"""From a paper's protocol file to the settings of every arm; imports no torch and no pandas."""
