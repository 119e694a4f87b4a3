package environment

import "runtime"

// hasModes says that the modes of files keep other users out. On Windows access lists do, which the folder hands down.
const hasModes = runtime.GOOS != "windows"
