package lambda

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"debug/elf"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"cruddur"
)

// maxZip is the maximum size of a package in CreateFunction, in bytes; a larger one would have to go through S3.
const maxZip = 50 << 20

// packed is the timestamp of every file in a package: the same binary must give the same package, or each deploy
// would look like a change.
var packed = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Package makes a function's zip from a Linux binary: the file bootstrap with mode 0755, which the runtime
// provided.al2023 starts. The certificates of RDS are part of the binary.
func Package(binary []byte) (archive []byte, arch types.Architecture, err error) {
	arch, err = architecture(binary)
	if err != nil {
		return nil, "", err
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: packed, CreatorVersion: 3 << 8, ExternalAttrs: 0o100755 << 16}
	f, err := w.CreateHeader(h)
	if err == nil {
		_, err = f.Write(binary)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("make the package: %w", err)
	}
	if buf.Len() > maxZip {
		return nil, "", cruddur.Errorf(cruddur.KindInvalid, "the package has %d MB, Lambda takes 50: build with -ldflags '-s -w'", buf.Len()>>20)
	}
	return buf.Bytes(), arch, nil
}

// architecture reads the processor from a binary's header. It refuses a binary that needs the C library of its build
// machine, because that would fail in the function with "version GLIBC_2.xx not found".
func architecture(binary []byte) (types.Architecture, error) {
	bad := func(format string, args ...any) error { return cruddur.Errorf(cruddur.KindInvalid, format, args...) }
	f, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		return "", bad("the binary is not one for Linux (%w): build one with CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build, and name it with --binary", err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return "", bad("the binary wants the C library of this machine, and the function has another one: build it with CGO_ENABLED=0, and name it with --binary")
		}
	}
	switch f.Machine {
	case elf.EM_X86_64:
		return types.ArchitectureX8664, nil
	case elf.EM_AARCH64:
		return types.ArchitectureArm64, nil
	default:
		return "", bad("Lambda runs x86-64 and arm64, not %s", f.Machine)
	}
}
