package main

import "golang.org/x/sys/windows"

// interrupt sends the program, and what shares its console, the event that a console in raw mode makes of no key.
func interrupt() { _ = windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0) }
