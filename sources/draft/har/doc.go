// Package har reads what a browser recorded in its network tab, a HAR file, and says
// which collections it shows: of each the first call, the parameters in which further
// calls differ, and a tape that answers them. No call is made.
package har
