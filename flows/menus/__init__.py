"""What people can do, one file each: what it shows, what it reads, which events it makes.

A menu is a module with `show(scene) -> Screen`, `read(scene, typed) -> Scene` and `back(scene) -> Scene`; `read` gets
what was typed after the engine took out `9`, `0` and `00`. Where `FREE_INPUT` says so, only `00` is taken out.
"""
