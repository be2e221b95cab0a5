"""Parts of the main window: layouts, menus, commands, status bar."""
