package cognitotest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
)

// Doubled lists the operations that cognito-local 5.3.0 lacks. The test double in front of it answers
// them with the shapes of AWS's API reference, on the emulator's own state. USER_SRP_AUTH, which the
// emulator lacks too, is for clients in a browser; the server sends passwords over TLS and never uses it.
var Doubled = []string{"ResendConfirmationCode", "GlobalSignOut", "AdminUserGlobalSignOut", "GetTokensFromRefreshToken"}

// serve answers the operations that the emulator lacks and forwards everything else.
func (p *Pool) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.Method == http.MethodPost {
		// cognito-local writes its file without waiting for an earlier write: two concurrent writes leave a file that
		// is not JSON.
		p.one.Lock()
		defer p.one.Unlock()
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in map[string]any
	if r.Method == http.MethodPost {
		_ = json.Unmarshal(body, &in) // the emulator refuses a body that is not JSON
	}
	text := func(key string) string { s, _ := in[key].(string); return s }
	switch operation {
	case "ResendConfirmationCode":
		p.resend(w, text("ClientId"), text("Username"))
	case "GlobalSignOut":
		p.globalSignOut(w, subjectOf(text("AccessToken")))
	case "AdminUserGlobalSignOut":
		p.globalSignOut(w, text("Username"))
	case "GetTokensFromRefreshToken":
		p.refresh(w, text("ClientId"), text("RefreshToken"))
	case "InitiateAuth", "RespondToAuthChallenge":
		p.authenticate(w, operation, in)
	default:
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy := &httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(p.emulator)
			pr.Out.Host = p.emulator.Host
		}}
		proxy.ServeHTTP(w, r)
	}
}

// resend gives an unconfirmed user a new code: the emulator's ForgotPassword stores one in the same
// place. The answers are those of an app client with PreventUserExistenceErrors.
func (p *Pool) resend(w http.ResponseWriter, client, username string) {
	users, err := p.users()
	if err != nil {
		answerError(w, "InternalErrorException", err.Error())
		return
	}
	details := map[string]any{"CodeDeliveryDetails": map[string]string{"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "e***@e***"}}
	u, ok := find(users, username)
	switch {
	case !ok:
		answer(w, details) // a simulated delivery
	case u.UserStatus == "CONFIRMED":
		answerError(w, "InvalidParameterException", "User is already confirmed.")
	default:
		if code, message := p.call("ForgotPassword", map[string]any{"ClientId": client, "Username": username}, nil); code != "" {
			answerError(w, code, message)
			return
		}
		answer(w, details)
	}
}

func (p *Pool) globalSignOut(w http.ResponseWriter, subject string) {
	users, err := p.users()
	if err != nil {
		answerError(w, "InternalErrorException", err.Error())
		return
	}
	u, ok := find(users, subject)
	if !ok {
		answerError(w, "UserNotFoundException", "User does not exist.")
		return
	}
	for _, token := range u.RefreshTokens {
		p.call("RevokeToken", map[string]any{"ClientId": p.ClientID, "Token": token}, nil)
	}
	answer(w, map[string]any{})
}

func (p *Pool) refresh(w http.ResponseWriter, client, token string) {
	var out map[string]any
	code, message := p.call("InitiateAuth", map[string]any{
		"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": map[string]string{"REFRESH_TOKEN": token},
	}, &out)
	if code != "" {
		answerError(w, code, message)
		return
	}
	p.addFamily(out, token)
	answer(w, map[string]any{"AuthenticationResult": out["AuthenticationResult"]})
}

// authenticate forwards a sign-in and adds the family to its access token.
func (p *Pool) authenticate(w http.ResponseWriter, operation string, in map[string]any) {
	var out map[string]any
	if code, message := p.call(operation, in, &out); code != "" {
		answerError(w, code, message)
		return
	}
	parameters, _ := in["AuthParameters"].(map[string]any)
	refresh, _ := parameters["REFRESH_TOKEN"].(string)
	p.addFamily(out, refresh)
	answer(w, out)
}

// call calls the emulator itself and returns its error's code and message.
func (p *Pool) call(operation string, in any, out any) (code, message string) {
	b, err := json.Marshal(in)
	if err != nil {
		return "InternalErrorException", err.Error()
	}
	req, err := http.NewRequest(http.MethodPost, p.emulator.String(), bytes.NewReader(b))
	if err != nil {
		return "InternalErrorException", err.Error()
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "InternalErrorException", err.Error()
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var e struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		_ = json.NewDecoder(res.Body).Decode(&e) // without a body the type stays empty
		return e.Type, e.Message
	}
	if out != nil {
		if err := json.NewDecoder(res.Body).Decode(out); err != nil {
			return "InternalErrorException", err.Error()
		}
	}
	return "", ""
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	json.NewEncoder(w).Encode(body)
}

func answerError(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
}
