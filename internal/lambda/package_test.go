package lambda_test

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"cruddur/internal/lambda"
)

func TestPackage(t *testing.T) {
	t.Parallel()
	program, err := static()
	if err != nil {
		t.Fatal(err)
	}
	archive, arch, err := lambda.Package(program)
	if err != nil {
		t.Fatal(err)
	}
	if arch != types.ArchitectureX8664 && arch != types.ArchitectureArm64 {
		t.Errorf("architecture = %q", arch)
	}
	again, _, err := lambda.Package(program)
	if err != nil || !bytes.Equal(archive, again) {
		t.Errorf("two packages of one binary differ (%v): every deploy would look like a change", err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var listing []string
	for _, f := range r.File {
		listing = append(listing, f.Mode().String()+" "+f.Name)
	}
	if got, want := strings.Join(listing, ", "), "-rwxr-xr-x bootstrap"; got != want {
		t.Errorf("the package holds %s, want %s", got, want)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(f); err != nil || !bytes.Equal(unpacked, program) {
		t.Errorf("bootstrap is not the binary (%v)", err)
	}
	t.Logf("binary %.1f MB, package %.1f MB", float64(len(program))/(1<<20), float64(len(archive))/(1<<20))
}

func TestPackageRefuses(t *testing.T) {
	t.Parallel()
	good, err := static()
	if err != nil {
		t.Fatal(err)
	}
	machine := func(m elf.Machine) []byte { // the same for another processor, as far as its header goes
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint16(b[18:], uint16(m))
		return b
	}
	for want, program := range map[string][]byte{
		"not one for Linux": []byte("#!/bin/sh\n"),
		"not EM_RISCV":      machine(elf.EM_RISCV),
	} {
		if _, _, err := lambda.Package(program); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Package() = %v, want %q", err, want)
		}
	}
	if _, arch, err := lambda.Package(machine(elf.EM_AARCH64)); err != nil || arch != types.ArchitectureArm64 {
		t.Errorf("Package(arm64) = %v, %v", arch, err)
	}
	libc, err := os.ReadFile("/bin/sh") // linked with the C library of this machine
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := lambda.Package(libc); err == nil {
		t.Error("a binary that needs this machine's C library was taken")
	}
}
