package command

import (
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"cruddur/internal/certificate"
	"cruddur/internal/s3store"
)

func checkBool(s string) error {
	if _, err := strconv.ParseBool(s); err != nil {
		return errors.New("want true or false")
	}
	return nil
}

// ParseProxies parses IP addresses and CIDR ranges, separated by commas or spaces.
func ParseProxies(s string) (list []netip.Prefix, err error) {
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		if a, err := netip.ParseAddr(f); err == nil {
			list = append(list, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(f)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", f)
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("%s would trust everybody", f)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

func checkProxies(s string) error {
	_, err := ParseProxies(s)
	return err
}

func checkListen(s string) error {
	if s == "off" {
		return nil
	}
	_, port, err := net.SplitHostPort(s)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		return errors.New("want host:port, such as 127.0.0.1:4567, with a port of 0 to 65535")
	}
	return nil
}

func checkWebURL(s string) error {
	if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("want a URL such as https://cruddur.example")
	}
	return nil
}

func checkDomain(s string) error {
	_, err := certificate.ParseDomain(s)
	return err
}

func checkDirectory(s string) error {
	if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "https" {
		return errors.New("want an https URL such as " + certificate.LetsEncrypt)
	}
	return nil
}

func checkEmail(s string) error {
	if a, err := netmail.ParseAddress(s); err != nil || a.Address != s {
		return errors.New("want an address such as ada@cruddur.example")
	}
	return nil
}

func checkCount(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 0 {
		return errors.New("want a number")
	}
	return nil
}

func checkLogFormat(s string) error {
	if s != "text" && s != "json" {
		return errors.New("want text or json")
	}
	return nil
}

func checkSender(s string) error {
	if _, err := netmail.ParseAddress(s); err != nil {
		return errors.New("want an address such as Cruddur <cruddur@example.org>")
	}
	return nil
}

func checkPictures(s string) error {
	_, err := s3store.ParsePlace(s)
	return err
}
