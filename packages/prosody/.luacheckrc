std = "max"
globals = { "module" }
read_globals = { "prosody" }
max_line_length = 130
files["test/lua"] = { max_line_length = 160 }
