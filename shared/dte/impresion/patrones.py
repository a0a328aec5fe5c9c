"""The bars of PDF417: what stands for each of the 929 codewords in each of the three clusters (ISO/IEC 15438, annex A).

Codewords have no formula. Each is 17 modules that begin with a bar and end with a space; row `n` of a symbol takes its
codewords from cluster `n % 3`, which is how a reader notices that it has slipped into the next row.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

_BARRAS = (
    ">frTw`o8LL^*s8Y)L`m3)G(+Z)EKA`*5K=S^}g0{>pb<JtYFqStT3+N*Ldr`u5i~p>z}ST*B-BU*S@bj*PpMx`u*u}^t}3C(qQR0^q$f%=^UgW(irI"
    "uq!7{!qzKb+>AdvcreM=J>7J%A(;VrKrWn%>r*PA}>EEX~)1Ids(~qaT)8D6_r;pKK=(zM=(J<(o^iQH7(HQ8Cq7cyxq6ne{qhQgv=-#6+(VXbdqZr"
    "YSqYR@4qqx!Dqny#tqmHBA(6H!S^e>?x(3t2>p%BoF=trRl(1xJ|(1W3{(A?;6p_tIlp^VVSp@yM@(C?wgprFuL=q{j;&`jtjpoq{$poGvvpn{;-pv"
    "<7gpit-+&?e9$ph4wu^1S(9%3$R<@}9~t<s9;llpx9&ln~2s<-GFWmSD>`<(`%>%N&*%mJFA0%e>{^mpIFwmmHT4m%Pj0m!6m3?O^t}`(EuZ_MH1q+"
    "92&1_Kw;R?F{yZ+6e6i$zbHT@?P6u$uQ)c@=x0^?VR?{wjh!a$qeL&wh-G4wg{78$++a+w_uYn$(-cRw=mnB?a#LulMJ^Eleo#=x44s>$<Mc(+t0U-"
    "lis)9lh3!$?6CG+`!Crb?3ngW*%0iE_D9(W?1tF{*#gM0<XrME*|5l%<W937kr3?8<VUj*kqF3!vk2LS$b*prk+8_z<ZrXEk(kKNvzXb=$j7sck%p0"
    "jk=)4dv)qx+v(Aynv&XaV*r4oK_Ac0v>`eA2*of>#*o5pu*n-%Bkf6v|<SwzGkdVks<R`I^*v#x_v51g_$V0J&*u$}ckl4s>vDlEz$Y-(4*ypjvki)"
    "UVvF@?w*ih^&_7~Vl>?YVm>?7Dh*g=p`$SmX+u+Wf5$R@DJ*k;Hhu*8r;u)>f*kZiE*u;#Gi>=x`3*dfRkkR-5Vuwt-b#bDyN@m|F+;+%>g#Tep_iV"
    "(#NiU^7Xi(tjL;@*oe#hl{Lix|a@iwuhfi@3$!i=4&Ji;j!li_hk;^IZ9_%^>EO^G?kW=8W@4%?Rd(%>?Fy#IWLA@h{D=#F*kvn;?l0=FZ|rn-I;6#"
    "D<#)i3FPjiLk`n;%}R<iJ0c^o0!ec#K)VAiH4hoiQL5Ro7{=co6d>HiSL{5?x6Qr`>yVg_e}ez?uhqB?u7S4?t;vq=2-JC-Jr~n_ipni-H`6g_h;RR"
    "%!KAc-GuJL%z=oY#8~1knV^V}#7yERyP%nn%*^IzyO7<??&riqyNH>D%)`5ch=GXM#BQ0`h|I)iyV#k`%;&qz-RFqInZt<gneK?^yY89i?ojtE`<L!"
    "W_a^Q{_ap8??m^5@<}C9U+|bNO_cz?g?q=pA+{Da6+``O3+`))Y#4O?$n9ztw#3s4Wn8?g##3Q-L+~$Zvxx|>lh(Vaah-}0+nCysVx$Kzch-10tnB$"
    "0dx%ciU_ZIFX_Y>|S?jg)5<`&#&%p~R$++^-E++xfj++m0)#1@!nh$O@lxagQ<%rm&;+;fN_xZ;>$xZ#*~xc0d7_Y3Y3<_pXc%n^tbm^8R_h!L1E!m"
    "x!P!kC2+!i?cZg$Tlig#^Nbg|Nch;ctbQ!p?<^!pDV%g@c9M!taI7g~x^O#-QU^@vg>@<4neg<3`4W<3q-RgrLG$;VzA!gplKI;U|rd#?0eqjfjMV!"
    "b6RO#>0exgxJDvjo5_D!e@=l#^;U3gu{gHjqZf!jpyf3^Q`&T=ScIW=S1_P=R)T}#!%xd&d|n4<0j6?=Vs$0&cwz-&cen)&cTFG!Yqu?gh=BzozRTP"
    "#%97JoygASghHLfjKYLLjKPF#!Z(cUgl3)WjOK)6o#u?=gm;Yho%i>s`_}iQ`_uQL_o3$~^Oo;u_qOws?_~G0?_%d6?_tI$;}*_n#w6nt-ssL`=QG~"
    "q?{mf>-r~+--r<BO!WN8Zge1Zfoal^X#xuR>oaD}Pgdx4;-t&xMz2by6jCO=Goc4@!z4n~*z4P~!`^)!|_mSrm^Na5^_nYrB=MnEQ#uVcV&NRjn-gM"
    "3~#u46f&N1F`gcQOHj5Nj@oOFybgb}>-oN|mYyz-oJyzz`Xy!-cw?;7tJ&Kll2-Z_jKoI1REym^A4f{?*Xf{22If`WqBg3N-(g2RIDg6G3f!${$#!$"
    "jeu!$QMBf>6OMhS0-o!6t^t!)AuW!()cRf<cDCf^5MzhU~+4hUS7}hU0>FhWF#B<D}!F<DtVS$7tiW;giQ?<Fm(N!y(6Ef+&V)f+WEcj_8JDf+CLOh"
    "GK#tj^c)4f;NVBf-{cxhI5Yd^VIXw^U>p!=d|<N=d$CG=dr^S;fu#K<D1WP$1=ka&vM5x&vAkj!3%~o!yArthBAT?p7f4#hB2P<j&Xt;hC7aXp8Nai"
    "`|0z__uBKx_u1o$=bGb*@4Dxi@43SY#~Q;4&pO8$-+KD6{ap1R`k4Jr^$_}u{YUi(`iAuc`h)cX^|1Qf{cr0a^_cq3>k##f`p4@C^@i&N^@HmI>#+6"
    "Q`tR2u>zMV<*AVNB^~cu;>xS0^>x0(<*Rbo{_3y7B*O=?huMpRa>&LGM*M_eI*MqOH*WByxub9`)uZ-8nuZFMO*YB^+ugCPD`dIxg^pN^Y{U`K@`bP"
    "AG`a|@B^nvN1^w|1t>5%ly`e*5g^v3Cg^uy_b>4DRr>Dct{(~#-R^ykxv>BiH9>BG~4(}Aa;)7a_mr;yXk>F1}2)5fQS)5E8Nr`Xf(r_9smr^ctlr|"
    "zfc^icXN{TK8|`X=;5`Xls0^g-y*^lbV!=*aYD=*0A6=)&m1(a`AZ^moz7=;qPH=;P7C(ZQq8(d_8=qsY<bqr}nUqr#)XqwLZ5qvoUIqxbYE`WEyg`"
    "V;gb^dabI^fu^Z^fTyU=wZ<4=yuTL=yTBG(BYxz(DtF^(DR|<q2ZzSq4V?<`U~_D^bzPZ^c(0h=rPcA=sVDI&~c#j(0icrpz-ty^a<!1=o!#D&^hv;"
    "`B?m}@{svV{HOAW`9|`D`9t!8@`2@`^4R%q<&g5s`Df*b^2X(a^26nV<$=qf<=FD>%aG;F^5@Hl<;Kf|<-^N@%Ym1m%h=`amypZM<>!}(%f^?4%fpv"
    "~m)Ohhm(0uOm&TXFm+qJ6`%wL?wfOr;{id}1`$YYtw0`?S`$6(h`7HdG_R#W3{kQhW`)2tg_Qdi+_QLW(_QB-P@@)Ax?a<`N@@DPG_U7_q?Zo85?ZV"
    "{2?ZL^=<m~cy+tA6#<mTJR?dIg;+r-Jj+rr7g+rg92$?W9!x6qTw$>z7n+vdsRx5Sgex5AUblkCa&x9pSVx8{@Mx8sxd`zZaEvi$ob{gbkO`y#SG`y"
    "uiu`4;wQ@+A2a_GJ4r_G0oO_F?2`@;2<~<Ye+Q?Bw=y?Be8M?BU4h<aXKU$mHa6+2ri=+2Y9I+2N7s$o8}7k>tqpv*g+Hv*MBAv*D5Uv-Xkmv-A5D{"
    "fn`F`x3D~`w{XK`3v?m`y2K$@)7ni<TUad>~!QZ>~iEW>~Y9+<U82(?0eYq$Z^>5ko3rVvGkDgvGS1dvGI`mvHSZ9u)q5W@(T7E@(K1C<QnWc<QeQa"
    "$U4}1$T`?~kb1ECka@8A`vvj^_6_6>>>bD**gf%3_^kX_@kscl@kIEe@j~%I;?VJI__yN7@n+)0@nhn`;=#qx;_UHv#mM63#l+&{#lpqGi_pdF;`fW"
    "l#pa8|#p8>@i@}TR#rKQmi{p#;`KbKXn*8~s{L`9#`J$RX`JwSB_?Gi%@g(?@^JMw6^J4KK^I_s>@iyk@;$-nN=H&Bp=HlXE=HbNX;&#pG#N^_0&E)"
    "3u&Emx2&EbjY#P*x$iR8rdo8-;&o8pP#o8gJ}oA!zGoAdqDy7=9G{nEO8-9P=&x<0xe`IP+2nST4U{oA{KnLqoo`H{On`?2v9_>1#2@e=oR`@8WG_j"
    "2<w_i^Gh@f+rJ;xg{^=5pdO?(*hw?(xKQ;ycXr#B$yA%<{x>-SW)w-SLR@#Cw_ai1NGinevG7yYiXwyYYzonfv|9xqRHe{mHpLxgYt8n7{j)`H8u|`"
    "<d|y^BVC9_d4?#_c`Jk<~rgT?t11q?s>#I%zDH*-1^LU-1&%lnEHr$x%!y-x%vIYxW2fb`Gxz9@dfh@_Z{L5<{j=m#2w5%+<k~Wn0>hYxL@$7_*U?w"
    "_*3wr@S)*o@V4P(@U!7!;bFq);da90;d8>`!r_JJ!uEya!t;gVh2e$vh4c8-{A-PV_|lC(_|fo`_)GD$@RISe@R9Mc;WY4@<8<LN<8t9K<8i`t;XB6"
    "k!g9v)!g0p&g!ICDjr4@_jq-%?jq!y0jr;uSoqW!}{OO%OogethjKBHX_{p8W`PuM_@tW|7^Sbew^SR*~<2vCP=X&Eg=Xt_9#(Kgz&iclA&iRCTjQW"
    "Imo%)RVo%y|Z-oCv&-k-f5y$}55oWA|-y}q2Ey`T8S`OW*?@P+Y>^PTs-;SJ**=RNOz!X3sv&VAnfgguOXoc+AK-e0_)ypNn;yx+WDyidF@@Ko?p@K"
    "NBj@LS-r;IYAU;Jd+c!Eu80!Fz)8g7Jd;_-cl~_-XJ;@Y?W6@Y&#+;kw|N;km&&!+OCv!+C;whWdhehWY$;j=qkc_+|L*@I~;=@!jB!;hp2X!5zar$"
    "9;l5hJB9xp1jXro}QkMj$fYNzPR6BzMS7rzK*_!o?gD*o=?8dzFglgzD~YJo-e*{zAnBez8BzH;90=Bz`22XfqC$4;7#D&z@5RpfjxtLhhL9gk58Xm"
    "&##|OpGS``pKrfd->$z*->1JuzeArcziyu=zh}QJ-<Q88zayU)zc;@YzY~YAkFJlWpRCW<pQfLqkC&gfpO&AK)$r>4so>Q3>VBy3)O_kcsCd*qs672"
    ">t?<_T{ba28)_(nBtbEo#{b8&=`sn?3uKfDs{d2B<`r@uX`r-BH`u6qY`t$YT_2KL2_4e!J_4DiE>*3ev>-N{=>+{#*rQp)|>3*c}(tPPZq<GRkq&("
    "6eq#pe=rufr-{W7L}(?9(&raq=0`gHv}r+)f!r$72}^z{0B^z!ua>Gbsb>GJ9E)AZ^4)AG~tqVUmt=)a<P(LSO)(I287q7VHVqkPf7{TZV^qaXS@qr"
    "dt&^m_Dp==$jS(fZN(p?J`~p*+x^p&p?R{SBeMp`ZF4^gZZ(puEsupq`+Qpx>Zgpih<H%J}7el<>-Y<v)~o%084l${&;-{Ir(%%YOW_mVC=U{IQlkm"
    "LK_a{JWQa`Er*(`El~}`Fry6^6};L^84lT<?+k(<@?L>%kkRq?R@sXwBXu!?LM?{+C1$av^d%xv>e(Gv<{N+$$aF$w(yd8$v(Dt+dj!3wmgy^wjPoX"
    "wh#Q8lYGg){kr^_w|tX6{kgY3lOMMq`8t!o`+E5~x4-*&@_P3A@_F|8<ofOU<oWIS$@<Cpvf$Zx?7p&a**xr@vN+iuvK-kDvJSEbk$A|yvv`p_$e*)"
    "3*`Ko>kq@&E{Ed;m{hhPEk)N}l`5pT`@;&x_<bCY@$o;W!*u3mtu{hYCu^iZsu@12Zki5uWvAmF;v7V5Rv5%17vEQ(`*j})l*iW#Iu!oRdu-=eQu+O"
    "ku*e|e7ut$(Duy3#~uqTS}#eCwwig?97iaf<1iXMs&{922A#lQSni$04V__~X~__^_V@p<C<;`zn;#rc}x&3NX%nsCiL=AW84%^sQ@%@3Lmng@w^#J"
    "-z&i9E!gn>@{*n;wY|n-Ba=iN5^Zo4$#ko1gfd`MvQy^L^rd=KaL|-Ei)__g}hT-8k-^x-i`w?vJ_{-4418-3Ph`nQ+X!=3l#TnK;azyExsR%#XVqn"
    "GU-SnFqTEh`hvKnY@UeyS$m6h>yFTnUA}Vh~JstyWhEB+_>&uxiH+E?oYWG+>W^n+=saaxdWKE%wD;;n4HW{xt!e3xsI5Jxrc~enBIs_x!#!1xzD(;"
    "++6N2xR~5dxQyIKxQ4icm|V;+xZIddxXzeIxW|Yum~Xi6xLDjSxJ=w9xJI}`m@c?(m?yYrxGdZkxF)zGm>0M=xE8n*g?Pfgg*?Kag&u_ug}#NK_+9Y"
    "5;eEpWjc~@i<6n(9#-5EF#*d8-jR%Ch!e5QNgr1F_gpZAngx`(donX$m=U$yK&Yb5@ofyuJoea*0od%r)jJU>Low$sg#!sD`jE<d-jE9|vgkFr^gio"
    "E`jL)6V-mvdn_piMm-k9%By%64v??=4|-iEyd-h;gYoUqPZ=P$jmoS4o|y_nw4&PTnBoQA!IoP)iCj9kVqoZO5~z1*D6j7PoBoX5S#gfEP5obSEwyr"
    "AA#?=HNM-c0W&yolaLyoBCEyn?)eoLJ5-yx5#f&L_Og-e<hVoI||Bj4qsRj3>PAoM*h}yindO?-#sC-X^?6-Xpw1yg{5S&KJCFoF=?xoFlwrj2E0Yy"
    "m!1P-WI$h-V?kcydj(xyf&N@yfeHM-V3}Eyb+uWyc>eN!C!)&f{%jVhPcCChMdDshK`1Zf?kH+f=`Cej<CmE<FAgG$4-un$48Eaj)R6=!!M59hE9&o"
    "hDVOaf-i<|j_;nJ&sgWKo{-N>=ck^C&qkhv&qJPqo`H^7$1a}Oj!efVp3Ki@p2m(tp2LPNj&6o0p6-rkp6B0C@2vON-$?JK-$d`D-$LI(o>0#$=a;_"
    "Fo=DFozR2HZ&m+FXo<hFDo<Y9Bjx5I)o@|aLzU-c6jw8P2o@2h_h8K=Eo_D_Y-ze{v-z4vo-y+{3o+!^2zG$8#&lA36-!r~qo*}+rjuxIajuXCio-@"
    "94-xTkQ-xA*uo)pguzBHZ^zA~N>zA=sqo*TY9-wNLeo(jGio(aAgfnI@6gIvL{gHD4-fiHt^hgid|hfKq#hen4(gD!_|gC~b)k5I>~<JXT!$EJ@&$D"
    "@xzk3okl!<Ub2$G4AWha-<;gBOQ4k9W_g=hn}p=hM%k&!LYf$CjUH&$h>tpJb0BpJI<8pJ9g<k2Z%BpLUNkpL6fj_v`P{@6pec=gZ%;&ywG=&ynA;j"
    "}*s?pEQpWzjU86j}gCepE192hYODzpF6*M@5=AV&x+rg&xzlej|!g}j|smzpBcY7@5RrB-;Iw2pAEkqfv$n4gRH^VgQkO{ftQ1~hp5BWhor;PhoXm}"
    "gO-Q3gOi7|$JFEN$I{2qhm^z1kF>|zkFtl6kFkS`hntVP=j!L_$I8#z$H~vxhl-Dyhl!uMkC~sj=jF%6&&`L0kBy(5f!2Z3gVe$6gVKZ1fy;y2!|KE"
    "7gUW~6gUN^4<Mj"
)
"""Two bytes for each codeword, cluster after cluster: its first 16 modules, bars as ones. The 17th is a space."""


def _decode() -> Sequence[Sequence[str]]:
    datos = base64.b85decode(_BARRAS)
    patrones = [f"{int.from_bytes(datos[i : i + 2], 'big'):016b}0" for i in range(0, len(datos), 2)]
    return tuple(tuple(patrones[i : i + 929]) for i in range(0, len(patrones), 929))


PATRONES = _decode()
"""`PATRONES[cluster][codeword]`: 17 modules from left to right, `1` a bar and `0` a space."""
INICIO = "11111111010101000"
FIN = "111111101000101001"
