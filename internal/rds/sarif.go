package rds

import "strings"

// SARIF is the report as a SARIF 2.1.0 log (OASIS), which code hosts show beside the code. A finding has a logical
// location, because there is no file to point at.
type SARIF struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Results     []sarifResult     `json:"results"`
	Invocations []sarifInvocation `json:"invocations"`
	ColumnKind  string            `json:"columnKind"`
	Properties  map[string]string `json:"properties"`
}

type sarifInvocation struct {
	Successful bool   `json:"executionSuccessful"`
	EndTime    string `json:"endTimeUtc"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID         string         `json:"id"`
	Short      sarifText      `json:"shortDescription"`
	Full       sarifText      `json:"fullDescription"`
	Help       sarifText      `json:"help"`
	Default    sarifLevel     `json:"defaultConfiguration"`
	Properties map[string]any `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Kind         string            `json:"kind"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"fingerprints"`
	Properties   map[string]string `json:"properties"`
}

type sarifLocation struct {
	Logical []sarifLogical `json:"logicalLocations"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind"`
}

// levels maps a severity to SARIF's level, and to the score by which code hosts sort (CVSS-like).
var levels = map[Severity]struct{ level, score string }{
	Critical: {"error", "9.5"}, High: {"error", "8.0"}, Medium: {"warning", "5.5"}, Low: {"note", "3.0"}, Info: {"note", "0.0"},
}

// SARIF converts the report. version is the tool's own. Unknown is kind "open": not a pass.
func (r *Report) SARIF(version string) *SARIF {
	driver := sarifDriver{Name: "cruddur rds audit", Version: version, Rules: []sarifRule{}}
	index := map[string]int{}
	for i, k := range Checks() {
		index[k.ID] = i
		help := k.Why + ". Remedy: " + k.Fix
		driver.Rules = append(driver.Rules, sarifRule{
			ID: k.ID, Short: sarifText{k.Title}, Full: sarifText{k.Title + ": " + k.Expected + "."}, Help: sarifText{capital(help)},
			Default:    sarifLevel{levels[k.Severity].level},
			Properties: map[string]any{"security-severity": levels[k.Severity].score, "tags": append([]string{"security"}, k.Aliases...)},
		})
	}
	run := sarifRun{
		Tool: sarifTool{driver}, Results: []sarifResult{}, ColumnKind: "unicodeCodePoints",
		Invocations: []sarifInvocation{{Successful: true, EndTime: r.At.Format("2006-01-02T15:04:05Z")}},
		Properties:  map[string]string{"account": r.Account, "region": r.Region},
	}
	for _, f := range r.Findings {
		kind, level := sarifKind(f)
		place := strings.Join([]string{"aws", orDash(r.Account), r.Region, "rds"}, "/")
		if f.Instance != "" {
			place += "/" + f.Instance
		}
		text := f.Title + ": " + f.Observed + " (expected: " + f.Expected + ")."
		if f.Remedy != "" {
			text += " Remedy: " + f.Remedy
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: f.Check, RuleIndex: index[f.Check], Kind: kind, Level: level, Message: sarifText{text},
			Locations:    []sarifLocation{{[]sarifLogical{{place, "resource"}}}},
			Fingerprints: map[string]string{"cruddur/v1": f.Fingerprint},
			Properties:   map[string]string{"state": string(f.State), "severity": string(f.Severity)},
		})
	}
	return &SARIF{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	}
}

// sarifKind returns the kind and level of a finding; only kind fail may have a level other than none.
func sarifKind(f Finding) (kind, level string) {
	switch f.State {
	case Pass:
		return "pass", "none"
	case NotApplicable:
		return "notApplicable", "none"
	case Unknown:
		return "open", "none"
	case Warn:
		return "fail", "note"
	}
	return "fail", levels[f.Severity].level
}
