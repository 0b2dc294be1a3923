package reportcmd_test

import (
	"os"
	"testing"

	"cruddur/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
