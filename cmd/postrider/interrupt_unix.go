//go:build !windows

package main

import "syscall"

// interrupt sends the program the signal that a terminal in raw mode makes of no key.
func interrupt() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGINT) }
