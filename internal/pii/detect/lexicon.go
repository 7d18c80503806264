package detect

import (
	"strings"
	"sync"
)

// What a word of text can be.
const (
	givenName  = 1 << iota
	familyName // of people
	salutation // stands before a surname
	particle   // stands within a name
	streetWord // stands behind a street's name: "Elm Street"
	streetHead // stands before it: "rue de la Paix"
)

// words has common names, and what streets are called, by their folded form. It is
// no list of persons. Names that are words of everyday text as well (Will, Rose, Mark)
// are left out of the surnames or given names where they would do harm.
var words = sync.OnceValue(func() map[string]uint8 {
	m := map[string]uint8{}
	for kind, list := range map[uint8]string{givenName: givenNames, familyName: familyNames, salutation: salutations, particle: particles,
		streetWord: streetWords, streetHead: streetHeads} {
		for _, w := range strings.Fields(list) {
			m[w] |= kind
		}
	}
	return m
})

// streetEndings end a street's name that is one word: "Hauptstraße".
var streetEndings = [...]string{"strasse", "str", "weg", "gasse", "platz", "allee", "damm", "ufer", "ring", "straat", "laan", "plein", "kade",
	"gatan", "vagen", "vej", "gade", "veien", "gata", "katu", "tie"}

const salutations = `mr mrs ms miss mister dr prof professor herr herrn frau monsieur madame mme mlle senor senora sra signor signora sig dhr mevr pan pani`

const particles = `von van de der den del della di da la le du dos das ten ter zu el al bin ibn st mac y`

const streetWords = `street st road rd avenue ave lane ln drive dr boulevard blvd court ct way place pl terrace ter close crescent square sq parkway pkwy highway hwy
	circle cir trail trl row walk mews gardens grove plaza alley broadway`

const streetHeads = `rue avenue boulevard chemin allee impasse quai calle avenida avda paseo plaza via viale piazza corso vicolo rua travessa alameda praca
	ulica ul aleja al plac straat ulice namesti utca ut jalan jl`

const givenNames = `aaron abdul abigail abraham adam adele adrian agnes agnieszka ahmed aisha akira alain alan albert alberto alejandra alejandro aleksander
	aleksandra alessandra alessandro alex alexander alexandra alexandre alexandru alexei alexis alfred alfredo ali alice alicia alina alison allan allison
	amalia amanda amelia amelie amina amir amit amy ana anastasia anders andre andrea andreas andrei andres andrew andrzej angela angelika angelo anil anita
	anja ann anna annabel anne anneliese annette annie anthony antje antoine anton antonella antonia antonio antonis anwar april arash arjun armando arnaud
	arthur arturo ashley astrid audrey aurelie aurora austin axel ayesha barbara barry bartosz beata beatrice beatriz ben benjamin benoit bernadette
	bernard bernd bernhard bertrand beth betty bianca bjorn bogdan boris brandon brenda brian brigitte britta bruno bryan caleb cameron camila camille carina carl
	carla carlo carlos carmen carol carole caroline carsten catalina catherine cecile cecilia cedric celine cesar chantal charles charlotte chelsea
	chiara chloe chris christa christian christiane christina christine christoph christophe christopher cindy claire clara claude claudia claudio clemens
	connor constantin corinna cornelia craig cristian cristina cynthia daan dagmar damien dana daniel daniela daniele danielle danuta daria dariusz darren david
	dawid debbie deborah deepak delphine denise dennis derek diana diane diego dieter dietmar dimitri dimitris dirk dmitri dmitry dolores dominik dominique donald
	donna dorota doris dorothea dorothy douglas duncan dylan edgar edith eduard eduardo edward edwin eileen elaine eleanor elena eleni eli elias elisa elisabeth
	elizabeth elke ella ellen elodie elsa elzbieta emil emilia emilie emilio emily emma emmanuel enrique eric erica erich erik erika ernesto ernst esteban esther
	ethan eugene eva evelyn ewa fabian fabio fabrice farah fatima federica federico felipe felix ferdinand fernanda fernando filip fiona florence florian
	frances francesca francesco francine francis francisco franck francois francoise frank franz franziska fred frederic frederik friedrich fritz gabor gabriel
	gabriela gabriele gabriella galina gareth gary geoffrey george georges georgia georgios gerald gerard gerda gerhard germain gertrud gianni gilbert gilles
	gina giorgia giorgio giovanna giovanni gisela giulia giuseppe gloria gonzalo gordon grace graham graziella greg gregor gregory greta grzegorz gudrun
	guido guillaume guillermo gunter gunther gustav gustavo guy habib hannah hanna hannes hans harald harold harriet harry hassan hector heidi heike heiko heinrich
	heinz helen helena helene helga helmut henri henrik henry herbert hermann hernan hilda hilde hiroshi holger horst howard hubert hugo hussein ian ibrahim ignacio
	igor ilaria ilona ines inga inge ingeborg ingo ingrid irena irene irina iris irma isaac isabel isabella isabelle ismail ivan ivana jacek jack jackson jacob jacqueline
	jacques jaime jake jakob jakub james jan jana jane janet janice janina janusz jared jaroslav jason javier jean jeanette jeanne jeff jeffrey jennifer
	jens jeremy jeroen jerome jerry jessica jill jim jimmy joachim joan joanna joanne joao joaquin jochen joe joel joelle johan johann johanna johannes john johnny
	jolanta jon jonas jonathan jordan jorg jorge jose josef josefina joseph josephine joshua joyce juan juana judith julia julian juliana julie julien
	juliette julio jurgen justin justine justyna kai karen karim karin karina karl karla karol karolina karsten katarina katarzyna kate katharina katherine
	kathleen kathrin kathryn katie katja katrin kay keith kelly ken kenneth kerstin kevin khaled kim kimberly kirsten klaus konrad konstantin kristen kristian
	kristin kristina kristof krystyna krzysztof kurt kyle lara larry lars laszlo laura lauren laurent lea leah lech lee leif leila lena leo leon leonard leonardo leonie
	leonor leslie leszek leticia liam lidia liesbeth lillian lina linda lisa liza lorena lorenz lorenzo louis louise luc luca lucas lucia luciano lucie lucy
	ludmila ludovic ludwig luigi luis luisa lukas lukasz luke lutz luz lydia lynn maciej mads magdalena magnus mahmoud maja malgorzata manfred manon manuel
	manuela marc marcel marcela marcelo marcin marco marcos marcus margaret margarita margot maria marian mariana marianne marie marina mario marion marisa marius mariusz
	marjorie markus marlene marta martha martin martina mary mateo mateusz mathias mathieu mathilde matilda matteo matthew matthias maurice mauricio mauro maxim
	maxime maximilian megan mehdi mehmet melanie melinda melissa mercedes meredith michael michaela michal michel michele michelle miguel mihai mikael mike mikhail
	mila milan milena mirjam miroslav mohamed mohammad mohammed monica monika monique moritz muhammad mustafa nadia nadine nadja nancy naomi natalia natalie natasha
	nathalie nathan neil nele nelly niall nicholas nick nicola nicolas nicole niels nikita nikolai nikolaos nils nina noah noel noemi nora norbert norma norman
	odile olaf oleg olga oliver olivia olivier omar orlando oscar oskar osman otto owen pablo pamela paola paolo pascal patricia patricio patrick patrik patrycja
	paul paula paulina pauline paulo pavel pawel pedro penelope peter petra phil philip philipp philippe phillip phoebe pierre pieter pilar piotr priya
	quentin rachel rafael rafal raimund rainer raj rajesh ralf ralph ramon ramona raphael raquel raul raymond rebecca regina reinhard reinhold renata rene renee
	ricardo riccardo richard rita robert roberta roberto robin rodrigo roger roland rolf roman romain ronald rosa rosario rosemarie rosemary ross roxana
	ruben rudolf rupert russell ruth ryan sabine sabrina saeed salma salvador salvatore sam samantha samir samira samuel sandra sandrine sanjay santiago sara sarah
	sascha scott sean sebastian sebastien selina selma sergei sergey sergio severin shane shannon sharon sheila shirley sibylle siegfried silke silvana silvia
	simon simona simone siobhan slawomir sofia solange sonia sonja sophia sophie soren stanislav stanislaw stefan stefania stefanie stefano steffen stella
	stephan stephane stephanie stephen steve steven stuart sunil susan susana susanna susanne suzanne sven svetlana sylvia sylvie szymon tamara tania tanja
	tara tatiana ted teresa thea theo theodor theresa therese thierry thomas thorsten tiago tim timothy tina tobias todd tomas tomasz tommy toni tony torsten tracy
	travis trevor tristan tyler udo ulrich ulrike ursula ute uwe vadim valentin valentina valeria valerie vanessa vera veronica veronika veronique vicente
	victor victoria vijay viktor viktoria vincent vincenzo viola violeta virginia virginie vivian vladimir volker waldemar walter wanda wayne wei wendy werner
	wiebke wieslaw wilfried wilhelm willem william winfried wojciech wolfgang xavier yann yannick yasmin yolanda yosef yoshiko yuki yuri yusuf yves yvette yvonne
	zachary zbigniew zdenek zoe zofia zoltan zuzana zuzanna hiroko kenji takashi yoko ming xiaoming priyanka rahul suresh ramesh lakshmi`

const familyNames = `abbott acosta adams aguilar ahmed akhtar albrecht alexander allen alonso alvarado alvarez alves andersen anderson andersson andrews
	arnold armstrong arslan atkinson austin aydin bailey bakker banerjee barbosa barker barnes barnett barrett bartlett bauer baumann becker begum bennett
	benson berger bergmann bernard bertrand bhatt bianchi blanc blanco boehm bonnet bosch bouchard bowman bradley brandt brennan brooks brown bruno bryant
	buchanan burke burns butler byrne cabrera caldwell campbell cardoso carlson carlsson carpenter carr carroll carter castillo castro chan chandler chang chapman
	charles chavez chen cheng chevalier choi chowdhury christensen clark clarke coleman collins colombo contreras cooper correia costa cruz cunningham
	dahl daniels davidson davies davis dawson dekker delgado demir deng diaz dias dijkstra dimitrov dixon dominguez duarte dubois dumont duncan dunn dupont durand
	duval edwards eriksson esposito estrada evans fernandes fernandez ferrari ferreira fischer fisher fitzgerald fleming flores fontaine foster fournier
	franklin freeman friedrich fuentes fuchs gallagher gallo garcia gardner garner garnier garrett gauthier george gibson gilbert girard gomes gomez goncalves gonzales gonzalez
	graham grant griffin guerrero gupta gutierrez guzman hahn hamilton hansen hanson hansson harper harris harrison hartmann harvey hassan hawkins hayashi
	hayes henderson hendriks henry hernandez herrera herrmann hidalgo hoang hoffman hoffmann hofmann holmes horvath houston howard huang huber hudson hughes hussain
	hussein ibrahim iglesias ito ivanov ivanova jackson jacobs jacobsen jansen janssen jansson jean jenkins jensen jimenez johansen johansson johnson johnston
	jones jordan jorgensen joseph kaczmarek kang kapoor karlsson kaur kaya keller kelly kennedy khan kim kimura klein kobayashi koch kohler kovac kovacs kowalczyk kowalska
	kowalski kramer krause krawczyk krueger kruger kumar kuznetsov lambert larsen larson larsson laurent lawrence lawson lebedev leclerc lee lefebvre lehmann lemaire leroy
	lewandowski lewis lim lima lin lindberg lindholm liu lombardi lopes lopez lorenz lozano ludwig lund maier malik mancini marchand marino marques marquez marshall
	martin martinez martins marty martini masson matsumoto matthews mazur mccarthy mcdonald mckenzie medina mehta meier mendes mendez mendoza mercier
	meyer meyers michel mikkelsen miller mills mishra mitchell moller monteiro montgomery moore morales moreau moreira morel moreno moretti morgan morris morrison
	mueller muller munoz murphy murray myers nair nakamura navarro nelson neumann newman nguyen nielsen nilsson novak novikov nowak nunes ochoa oconnor okafor
	oliveira oliver olsen olson olsson oneill ortega ortiz osborne ozdemir ozturk pacheco padilla palmer papadopoulos parker patel patterson pavlov pearson pedersen
	pereira perez perkins perrin perry persson petersen peterson petit petrov petrova pham phillips pierce pinto pohl popa popescu porter powell
	quinn rahman ramirez ramos rao reddy reed reid reis reyes reynolds ribeiro ricci richards richardson richter riley rivera rizzo roberts robertson robinson
	rocha rodrigues rodriguez rogers romano romero rosales rossi rousseau roussel roux rubio ruiz russell russo ryan saito salazar sanchez sanders sandoval
	santiago santos sasaki sato sauer schaefer schafer schmid schmidt schmitt schmitz schneider schroder schroeder schubert schulte schultz schulz schulze schumacher
	schuster schwarz scott seidel serrano shah sharma shaw shevchenko silva simmons simon simpson singh smirnov smit smith smits snyder soares sokolov sorensen soto
	sousa souza spencer stein stephens stevens stewart suarez sullivan sun suzuki svensson szabo takahashi tanaka tang taylor thomas thompson thomson torres
	tran tucker turner tyler urban vance vargas vasquez vazquez vega vincent virtanen visser vogel volkov vos wagner walker wallace walsh walter wang
	ward warren washington watanabe watkins watson weaver webb weber wei weiss welch werner wheeler white wiley wilkinson williams williamson willis wilson winkler
	wisniewski wojcik wolff wong wozniak wright xu yadav yamada yamamoto yang yilmaz young yu zapata zhang zhao zhou zhu ziegler zielinski zimmermann`
