// Package disk is what a journal needs of a file system and of the machine:
// files that are written behind each other and synced, names that survive a
// power cut, and a lock between processes.
package disk
