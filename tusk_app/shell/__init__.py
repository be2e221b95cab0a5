"""The window itself: menus, commands, workspaces, welcome page and the dialogs of no feature."""
