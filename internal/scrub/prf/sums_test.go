package prf

var sums = []struct {
	domain, value string
	times         int
	want          string
}{
	{"email", "jane@example.com", 1, "9bf31028be16648a4d41422e6a8ecc4cf8d9f8b836a75b54f100c23f5214544a"},
	{"email", "", 1, "74946a6e66a7be88b51b0a0f724d3cf28c67965c5f10a5ad19703232374034d9"},
	{"d", "", 1, "4f36910a88ee068fcd5fbb7d72bd39d6c87fcd915470b0298462de777fbfe78e"},
	{"phone", "+1 212 555 0100", 1, "e10a6bb3f9afb31a548b54f37d346dce9c02209a5a7a21096e19e197de1ef3eb"},
	{"full_name", "Jöns Ångström", 1, "d94a725d2d940999fd7c70e417b568d6cdc53b9bec68b6428ac09bc46bbbcbef"},
	{"abcdefghijklmn", "x", 1, "d12fdcf366e47166aa02ce0224fa31ed9fa6e8280d9de709088a49de2b3a5a66"},
	{"abcdefghijklm", "", 1, "0f5eeeb651468450c69928872e15ab243a36d12869ad5dfd05cb8a8785382234"},
	{"abcdefghijkl", "", 1, "896a26b90863b58036b5addd8c1afaf9b84ce1e8c71e751597eb3a0fcc5cec5c"},
	{"text", "0123456789abcdef", 1, "356cec83d7c89bdfbbb4976c0e137b19dc7aa0153a79319c92949c528e93493c"},
	{"text", "0123456789abcdef", 1000, "32225539fa4c2a42b412f1078d4cc9a030a398b667fd0f92496250aa067b120c"},
}
